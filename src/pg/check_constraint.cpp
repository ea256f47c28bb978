#include "pg/check_constraint.hpp"

namespace rewards::pg {

namespace {

// Null where the server has to do it: what the expression depends on could change without a change
// of the table.
Expr* plan_check(const ConstrCheck& check) {
    List* relations = NIL;
    List* changeable = NIL;
    Expr* planned =
        expression_planner_with_deps(static_cast<Expr*>(stringToNode(check.ccbin)), &relations, &changeable);
    return relations == NIL && changeable == NIL ? planned : nullptr;
}

ExprState** compile(const TupleConstr& constraints) {
    const auto count = static_cast<std::size_t>(constraints.num_check);
    auto** expressions = static_cast<ExprState**>(palloc0(count * sizeof(ExprState*)));
    for (std::size_t one = 0; one < count; ++one) {
#if PG_VERSION_NUM >= 180000
        if (!constraints.check[one].ccenforced) continue;
#endif
        Expr* planned = plan_check(constraints.check[one]);
        if (planned == nullptr) return nullptr;
        expressions[one] = ExecInitExpr(planned, nullptr);
    }
    return expressions;
}

bool is_for_the_server(const TupleConstr* constraints) {
#if PG_VERSION_NUM >= 180000
    if (constraints != nullptr && constraints->has_generated_virtual) return true;
#endif
    return constraints == nullptr || constraints->num_check == 0;
}

}  // namespace

CompiledChecks compile_checks(Relation relation) {
    const TupleConstr* constraints = RelationGetDescr(relation)->constr;
    if (is_for_the_server(constraints)) return {nullptr, nullptr};
    MemoryContext memory =
        AllocSetContextCreate(CurrentMemoryContext, "rewards check constraints", ALLOCSET_SMALL_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(memory);
    ExprState** expressions = compile(*constraints);
    MemoryContextSwitchTo(caller);
    MemoryContextSetParent(memory, TopMemoryContext);  // not before it is whole
    return {memory, expressions};
}

void release_checks(CompiledChecks& checks) {
    if (checks.memory != nullptr) MemoryContextSetParent(checks.memory, TopTransactionContext);
    checks = {nullptr, nullptr};
}

void use_checks(ResultRelInfo* info, const CompiledChecks& checks) {
#if PG_VERSION_NUM >= 180000
    info->ri_CheckConstraintExprs = checks.expressions;
#else
    info->ri_ConstraintExprs = checks.expressions;
#endif
}

}  // namespace rewards::pg
