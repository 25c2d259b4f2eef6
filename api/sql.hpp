// sql.hpp: statements composed by a tag; implemented in JavaScript.
// Thread: none.
#pragma once

#include <string>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

#if defined(HDB_GEN)
struct Sql {};  // known to the generator, whose templates spell them
struct SqlPart {};

/// A statement, or a piece of one, as a tagged template. The literal parts are its text; each value becomes a
/// parameter, unless it is a piece itself. A template always has the same text, so it is prepared only once.
///
/// Make a piece conditional with `` ${condition && sql`…`} ``: `false` is left out where no value can stand,
/// for example after a name, a value or a closing bracket. After an operator, a comma, an opening bracket or
/// a word such as WHERE it is the value false. Where it could be either, it is refused. NULL is `null`.
///
/// @param strings The strings of the template; an array that does not come from a template is refused.
/// @param values Values and pieces.
/// @returns A statement for `query`, `batch` and `describe`, or a piece of another one.
/// @throws {ConfigurationError} A value is undefined, a function, a Promise, SQL of another library or an
/// array after IN; or it is inside quotes.
/// @example
/// const [least, owner] = [100, 'ann'];
/// const rows = await pool.query(sql<{ id: number }>`
///   select id from accounts where balance > ${least} ${owner !== undefined && sql`and owner = ${owner}`}`);
JS_LIB JS_GENERIC("Row = never")
    JS_TYPE("Sql<Row>") void sql(JS_TYPE("TemplateStringsArray") std::string strings,
                                 JS_NAME("...values") std::vector<SqlPart> values);

/// The name of a table, a column or a schema. It is quoted, so case matters, and a dot is part of the name.
///
/// @param names The name, or its parts, also as a list.
/// @throws {ConfigurationError} A name is empty, or contains a NUL or half a surrogate pair.
/// @example
/// const rows = await pool.query(sql`select ${sql.id('owner')} from ${sql.id('public', 'accounts')}`);
JS_LIB JS_NAME("sql.id") Sql
    sql_id(JS_NAME("...names") JS_TYPE("string[] | [readonly string[]]") std::vector<std::string> names);

/// Joins values and pieces with a separator.
///
/// @param list At least one value or piece, none of them false: drop those with `.filter(Boolean)`.
/// @param separator A piece. Default: a comma.
/// @throws {ConfigurationError} The list is empty, or something in it is not a value.
/// @example
/// const conditions = [sql`balance > ${100}`, sql`owner <> ${'bob'}`];
/// const rows = await pool.query(sql`select id from accounts where ${sql.join(conditions, sql` and `)}`);
JS_LIB JS_NAME("sql.join") Sql sql_join(std::vector<SqlPart> list, Sql separator = {});

/// `values ($1, $2), ($3, $4)`; for objects, `("a", "b") values ($1, $2), ($3, default)`. Each number of rows
/// makes another text: if it varies a lot, use `unnest` with one array per column.
///
/// @param rows Arrays of values and pieces, or objects with a key for each column. A column that an object
/// lacks, or has as undefined, gets its default.
/// @throws {ConfigurationError} There are no rows, they differ in length, or something is not a value.
/// @example
/// const rows = [['d1', 'one'], ['d2', 'two']];
/// await pool.query(sql`insert into audit (id, note) ${sql.values(rows)}`);
JS_LIB JS_NAME("sql.values") Sql
    sql_values(JS_TYPE("readonly (readonly SqlPart[])[] | readonly object[]") std::vector<std::string> rows);

/// Text that becomes SQL verbatim. Never pass it input from outside: that would be an SQL injection.
///
/// @param text SQL without placeholders.
/// @throws {ConfigurationError} It is not a string, or contains a placeholder.
/// @example
/// const direction = sql.raw(Math.random() < 0.5 ? 'asc' : 'desc');
/// const rows = await pool.query(sql`select id from accounts order by id ${direction}`);
JS_LIB JS_NAME("sql.raw") Sql sql_raw(std::string text);
#endif

}  // namespace hdb
