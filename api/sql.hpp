// sql.hpp: statements that are put together; all of it is JavaScript.
// Thread: none.
#pragma once

#include <string>
#include <vector>

#include "api/annotate.hpp"

namespace hdb {

#if defined(HDB_GEN)
struct Sql {};  // words of the generator, whose templates spell them
struct SqlPart {};

/// A statement, or a piece of one, as a tagged template. What stands in the program is its text; whatever is
/// given becomes a parameter, unless it is a piece itself. The same template has the same text, so that it
/// is prepared once.
///
/// A piece that depends on a condition is `` ${condition && sql`…`} ``: `false` is left out where no value
/// can stand, as behind a name, a value or a closing bracket. Behind an operator, a comma, an opening bracket
/// or a word such as WHERE it is the value false; where it could be both it is refused. NULL is `null`.
///
/// @param strings Of the template; an array that no template has made is refused.
/// @param values Values and pieces.
/// @returns Goes to `query`, `batch` and `describe`, or into another one.
/// @throws {ConfigurationError} Something is no value: undefined, a function, a Promise, SQL of another
/// library, an array behind IN; or a value is inside of quotes.
/// @example
/// const [least, owner] = [100, 'ann'];
/// const rows = await pool.query(sql<{ id: number }>`
///   select id from accounts where balance > ${least} ${owner !== undefined && sql`and owner = ${owner}`}`);
JS_LIB JS_GENERIC("Row = never")
    JS_TYPE("Sql<Row>") void sql(JS_TYPE("TemplateStringsArray") std::string strings,
                                 JS_NAME("...values") std::vector<SqlPart> values);

/// A name: of a table, a column, a schema. It is quoted, so case matters, and a dot in it is part of it.
///
/// @param names The name, or its parts, also as a list.
/// @throws {ConfigurationError} It is empty, or has a NUL or half a surrogate pair in it.
/// @example
/// const rows = await pool.query(sql`select ${sql.id('owner')} from ${sql.id('public', 'accounts')}`);
JS_LIB JS_NAME("sql.id") Sql
    sql_id(JS_NAME("...names") JS_TYPE("string[] | [readonly string[]]") std::vector<std::string> names);

/// Values and pieces with something between them.
///
/// @param list Not empty, and nothing in it is false: `.filter(Boolean)` takes away what is left out.
/// @param separator A piece; a comma unless it is given.
/// @throws {ConfigurationError} The list is empty, or something in it is no value.
/// @example
/// const conditions = [sql`balance > ${100}`, sql`owner <> ${'bob'}`];
/// const rows = await pool.query(sql`select id from accounts where ${sql.join(conditions, sql` and `)}`);
JS_LIB JS_NAME("sql.join") Sql sql_join(std::vector<SqlPart> list, Sql separator = {});

/// `values ($1, $2), ($3, $4)`; of objects, `("a", "b") values ($1, $2), ($3, default)`. Each number of rows
/// is a text of its own: for many that differ, `unnest` takes one array per column.
///
/// @param rows Arrays of values and pieces, or objects with a key for each column. What an object does not
/// have, or has as undefined, gets its default.
/// @throws {ConfigurationError} There are no rows, or they differ in length, or something is no value.
/// @example
/// const rows = [['d1', 'one'], ['d2', 'two']];
/// await pool.query(sql`insert into audit (id, note) ${sql.values(rows)}`);
JS_LIB JS_NAME("sql.values") Sql
    sql_values(JS_TYPE("readonly (readonly SqlPart[])[] | readonly object[]") std::vector<std::string> rows);

/// Text that becomes SQL as it is. Never from outside: it is how an injection is written.
///
/// @param text Without placeholders.
/// @throws {ConfigurationError} It is no string, or has a placeholder in it.
/// @example
/// const direction = sql.raw(Math.random() < 0.5 ? 'asc' : 'desc');
/// const rows = await pool.query(sql`select id from accounts order by id ${direction}`);
JS_LIB JS_NAME("sql.raw") Sql sql_raw(std::string text);
#endif

}  // namespace hdb
