-- Medians: of times for the first way, of the ratios within a round for the others.
\pset footer off
\pset null ''
\echo :rows rows, 1000 companies, one with a fifth of the rows; median of :rounds rounds; ratios to the first way
WITH compared AS (
    SELECT r.*, r.microseconds / first_value(r.microseconds) OVER (PARTITION BY r.place, r.round ORDER BY r.way <> 'where') AS ratio
      FROM bench.result r),
medians AS (
    SELECT place, way, percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) AS microseconds,
           round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio)::numeric, 2) AS ratio
      FROM compared GROUP BY place, way)
SELECT c.name AS "what",
       max(CASE WHEN m.microseconds < 1000 THEN round(m.microseconds::numeric, 1) || ' us' ELSE round(m.microseconds::numeric / 1000, 1) || ' ms' END)
           FILTER (WHERE way = 'where') AS "explicit WHERE",
       max(ratio) FILTER (WHERE way = 'setting') AS "current_setting()",
       max(ratio) FILTER (WHERE way = 'wrapped') AS "wrapped in SELECT",
       max(ratio) FILTER (WHERE way = 'plpgsql') AS "PL/pgSQL",
       max(ratio) FILTER (WHERE way = 'rewards') AS pg_rewards, c.goal
  FROM medians m JOIN bench.cases c USING (place) GROUP BY c.place, c.name, c.goal ORDER BY c.place;

\echo Rows that the planner expects, and those that there are
SELECT c.name AS "what", (SELECT count(*) FROM bench.orders o WHERE o.company_id = c.company) AS "rows",
       max(estimated) FILTER (WHERE way = 'where') AS "explicit WHERE",
       max(estimated) FILTER (WHERE way = 'setting') AS "current_setting()",
       max(estimated) FILTER (WHERE way = 'wrapped') AS "wrapped in SELECT",
       max(estimated) FILTER (WHERE way = 'plpgsql') AS "PL/pgSQL",
       max(estimated) FILTER (WHERE way = 'rewards') AS pg_rewards
  FROM bench.result r JOIN bench.cases c USING (place) WHERE c.source IS NOT NULL AND c.name !~ 'parallel|newest'
 GROUP BY c.place, c.name, c.company ORDER BY c.place;
