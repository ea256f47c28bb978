#include "pg/kept_expression.hpp"

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
        case T_MinMaxExpr:
        case T_List: break;
        default: return true;
    }
    return walk_expression(node, cannot_be_kept);
}

}  // namespace

Expr* plan_kept(Node* expression) {
    if (cannot_be_kept(expression, nullptr)) return nullptr;
    Expr* planned = expression_planner(reinterpret_cast<Expr*>(expression));
    return cannot_be_kept(reinterpret_cast<Node*>(planned), nullptr) ? nullptr : planned;
}

}  // namespace rewards::pg
