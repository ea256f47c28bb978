-- Load by load: what became of its calls, and how often clients had to ask again.
SELECT format('%s %6s calls: %s ok, %s refused, %s given up after an error; %s answers unknown, %s retries, %s applied although unknown', regexp_replace(client, '\.\d+$', ''),
              count(*), count(*) FILTER (WHERE fate = 'ok'), count(*) FILTER (WHERE fate = 'refused' AND sqlstate = '00000'),
              count(*) FILTER (WHERE fate = 'refused' AND sqlstate <> '00000'), sum(unheard), sum(retries), count(*) FILTER (WHERE fate = 'ok' AND unheard > 0 AND replayed))
  FROM told
  JOIN (SELECT key, count(*) FILTER (WHERE has_next AND (fate = 'unknown' OR sqlstate <> '00000')) AS retries
          FROM (SELECT *, lead(key) OVER (PARTITION BY key ORDER BY attempt) IS NOT NULL AS has_next FROM attempt) AS attempt GROUP BY key) AS again USING (key)
 GROUP BY regexp_replace(client, '\.\d+$', '');
