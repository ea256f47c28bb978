#include "pg/prepared_table.hpp"

#include "pg/kept_expression.hpp"

namespace rewards::pg {

namespace {

template <typename Item>
Item* allocate(std::size_t count) {
    return static_cast<Item*>(palloc0(count * sizeof(Item)));
}

// In the order of the relation's constraints. Null: the executor has to compile them itself.
ExprState** compile_checks(const TupleConstr* constraints) {
    if (constraints == nullptr || constraints->num_check == 0) return nullptr;
#if PG_VERSION_NUM >= 180000
    if (constraints->has_generated_virtual) return nullptr;
#endif
    auto** compiled = allocate<ExprState*>(constraints->num_check);
    for (int one = 0; one < constraints->num_check; ++one) {
#if PG_VERSION_NUM >= 180000
        if (!constraints->check[one].ccenforced) continue;
#endif
        Expr* planned = plan_kept(static_cast<Node*>(stringToNode(constraints->check[one].ccbin)));
        if (planned == nullptr) return nullptr;
        compiled[one] = ExecInitExpr(planned, nullptr);
    }
    return compiled;
}

void use_checks(ResultRelInfo* info, ExprState** compiled) {
#if PG_VERSION_NUM >= 180000
    info->ri_CheckConstraintExprs = compiled;
#else
    info->ri_ConstraintExprs = compiled;
#endif
}

List* plan_all_kept(List* expressions) {
    List* planned = NIL;
    ListCell* cell;
    foreach (cell, expressions) {
        Expr* one = plan_kept(static_cast<Node*>(lfirst(cell)));
        if (one == nullptr) return NIL;
        planned = lappend(planned, one);
    }
    return planned;
}

// False: they cannot be kept.
bool compile_expressions(IndexInfo* info) {
    if (info->ii_Expressions == NIL) return true;
    List* planned = plan_all_kept(info->ii_Expressions);
    ListCell* cell;
    foreach (cell, planned)
        info->ii_ExpressionsState =
            lappend(info->ii_ExpressionsState, ExecInitExpr(static_cast<Expr*>(lfirst(cell)), nullptr));
    return planned != NIL;
}

bool compile_predicate(IndexInfo* info) {
    if (info->ii_Predicate == NIL) return true;
    List* planned = plan_all_kept(info->ii_Predicate);
    if (planned != NIL) info->ii_PredicateState = ExecInitQual(planned, nullptr);
    return planned != NIL;
}

// What other access methods keep in a description is good for one statement.
bool keeps_nothing_else(Oid access_method) {
#if PG_VERSION_NUM < 170000
    if (access_method == BRIN_AM_OID) return true;
#endif
    return access_method == BTREE_AM_OID;
}

IndexInfo* describe_index(Relation index) {
    if (!keeps_nothing_else(index->rd_rel->relam)) return nullptr;
    IndexInfo* info = BuildIndexInfo(index);
    if (info->ii_ExclusionOps != nullptr) return nullptr;
    return compile_expressions(info) && compile_predicate(info) ? info : nullptr;
}

std::span<PreparedIndex> prepare_indexes(Relation relation) {
    List* indexes = RelationGetIndexList(relation);
    const auto count = static_cast<std::size_t>(list_length(indexes));
    auto* prepared = allocate<PreparedIndex>(count);
    for (std::size_t one = 0; one < count; ++one) {
        Relation index = index_open(list_nth_oid(indexes, static_cast<int>(one)), RowExclusiveLock);
        prepared[one] = {RelationGetRelid(index), describe_index(index)};
        index_close(index, NoLock);
    }
    return {prepared, count};
}

IndexInfo* info_for_statement(const PreparedIndex& prepared, Relation index) {
    if (prepared.info == nullptr) return BuildIndexInfo(index);
    prepared.info->ii_CheckedUnchanged = false;  // that was about the columns of another UPDATE
    return prepared.info;
}

}  // namespace

PreparedTable prepare_table(Relation relation) {
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "rewards prepared table", ALLOCSET_SMALL_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(memory);
    PreparedTable prepared{memory, makeNode(ResultRelInfo), {}};
    InitResultRelInfo(prepared.info, relation, 0, nullptr, 0);
    use_checks(prepared.info, compile_checks(RelationGetDescr(relation)->constr));
    prepared.indexes = prepare_indexes(relation);
    MemoryContextSwitchTo(caller);
    MemoryContextSetParent(memory, TopMemoryContext);  // not before it is whole
    return prepared;
}

void release(PreparedTable& prepared) {
    if (prepared.memory != nullptr) MemoryContextSetParent(prepared.memory, TopTransactionContext);
    prepared = {};
}

ResultRelInfo* result_info(const PreparedTable& prepared, Relation relation, Index range_table_index) {
    auto* info = static_cast<ResultRelInfo*>(palloc(sizeof(ResultRelInfo)));
    *info = *prepared.info;
    info->ri_RelationDesc = relation;
    info->ri_RangeTableIndex = range_table_index;
    if (info->ri_TrigDesc != nullptr) {
        const auto count = static_cast<std::size_t>(info->ri_TrigDesc->numtriggers);
        info->ri_TrigFunctions = allocate<FmgrInfo>(count);
        info->ri_TrigWhenExprs = allocate<ExprState*>(count);
    }
    return info;
}

void open_indexes(const PreparedTable& prepared, ResultRelInfo* info) {
    const std::size_t count = prepared.indexes.size();
    info->ri_IndexRelationDescs = allocate<Relation>(count);
    info->ri_IndexRelationInfo = allocate<IndexInfo*>(count);
    for (std::size_t one = 0; one < count; ++one) {
        Relation index = index_open(prepared.indexes[one].index, NoLock);
        info->ri_IndexRelationDescs[one] = index;
        info->ri_IndexRelationInfo[one] = info_for_statement(prepared.indexes[one], index);
    }
    info->ri_NumIndices = static_cast<int>(count);
}

List* insert_entries(ResultRelInfo* info, EState* estate, TupleTableSlot* row, const NewEntries& entries) {
    const bool may_meet = entries.met_another != nullptr;
#if PG_VERSION_NUM >= 160000
    return ExecInsertIndexTuples(info, row, estate, entries.is_update, may_meet, entries.met_another, entries.key,
                                 entries.only_summarizing);
#else
    return ExecInsertIndexTuples(info, row, estate, entries.is_update, may_meet, entries.met_another, entries.key);
#endif
}

void close_indexes(ResultRelInfo* info) {
    for (int one = 0; one < info->ri_NumIndices; ++one) {
#if PG_VERSION_NUM >= 170000
        index_insert_cleanup(info->ri_IndexRelationDescs[one], info->ri_IndexRelationInfo[one]);
#endif
        index_close(info->ri_IndexRelationDescs[one], NoLock);
    }
    info->ri_NumIndices = 0;
}

}  // namespace rewards::pg
