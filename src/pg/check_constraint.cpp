#include "pg/check_constraint.hpp"

namespace rewards::pg {

namespace {

using Walker = bool (*)(Node*, void*);

bool walk_expression(Node* node, Walker walker) {
#if PG_VERSION_NUM >= 160000
    return expression_tree_walker(node, walker, nullptr);
#else
    // Declared without parameters there, as C allowed.
    return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void (*)()>(walker)), nullptr);
#endif
}

bool is_users_own(Oid function, void*) { return function >= FirstNormalObjectId; }

// What a function of the user's does can change without a change of the table. Kinds of expression
// that are not listed may keep what they first saw (a row type, a hash table) in the memory of the
// statement that they are first used in, which is gone at the next.
bool cannot_be_kept(Node* node, void*) {
    if (node == nullptr) return false;
    if (check_functions_in_node(node, is_users_own, nullptr)) return true;
    switch (nodeTag(node)) {
        case T_Var:
            if (castNode(Var, node)->varattno <= 0) return true;
            break;
        case T_ScalarArrayOpExpr:
            if (OidIsValid(castNode(ScalarArrayOpExpr, node)->hashfuncid)) return true;
            break;
        case T_NullTest:
            if (castNode(NullTest, node)->argisrow) return true;
            break;
        case T_Const:
        case T_ArrayExpr:
        case T_OpExpr:
        case T_FuncExpr:
        case T_BoolExpr:
        case T_BooleanTest:
        case T_RelabelType:
        case T_CoalesceExpr:
        case T_List: break;
        default: return true;
    }
    return walk_expression(node, cannot_be_kept);
}

// Null where the server has to do it, each time.
Expr* plan_check(const ConstrCheck& check) {
    Node* expression = static_cast<Node*>(stringToNode(check.ccbin));
    if (cannot_be_kept(expression, nullptr)) return nullptr;
    Expr* planned = expression_planner(reinterpret_cast<Expr*>(expression));
    return cannot_be_kept(reinterpret_cast<Node*>(planned), nullptr) ? nullptr : planned;
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
