/**
 * The schema `rappel` as SQL text, read from the catalog.
 *
 * The embedded Postgres brings no pg_dump. The text is the same on every supported version,
 * and sorted, so that two dumps can be compared line by line.
 *
 * @since 0.1.0
 */
import type pg from "pg"

export const dumpSchema = async (client: pg.Client): Promise<string> => {
  const lines = async (query: string): Promise<ReadonlyArray<string>> => {
    const { rows } = await client.query({ text: query, rowMode: "array" })
    return rows.map(([line]) => line)
  }
  const parts = [
    ["create schema rappel;"],
    await lines(TABLES),
    await lines(INDEXES),
    await lines(FUNCTIONS),
    await lines(COMMENTS)
  ]
  return parts.filter((part) => part.length > 0).map((part) => part.join("\n\n")).join("\n\n") +
    "\n"
}

const TABLES = `
  select format(
    E'create table rappel.%I (\n%s\n)%s;',
    class.relname,
    (
      select string_agg('  ' || line, E',\n' order by place, line)
      from (
        select attribute.attnum as place, format(
          '%I %s%s%s%s',
          attribute.attname,
          format_type(attribute.atttypid, attribute.atttypmod),
          case when attribute.attnotnull then ' not null' else '' end,
          case attribute.attidentity when 'a' then ' generated always as identity' else '' end,
          coalesce(' default ' || pg_get_expr(fallback.adbin, fallback.adrelid), '')
        ) as line
        from pg_attribute attribute
        left join pg_attrdef fallback
          on fallback.adrelid = attribute.attrelid and fallback.adnum = attribute.attnum
        where attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
        union all
        select 10000, format('constraint %I %s', conname, pg_get_constraintdef(oid))
        from pg_constraint
        where conrelid = class.oid and contype <> 'n'
      ) as lines
    ),
    coalesce(' with (' || array_to_string(class.reloptions, ', ') || ')', '')
  )
  from pg_class class
  where class.relnamespace = 'rappel'::regnamespace and class.relkind = 'r'
  order by class.relname`

/** Those of constraints come with the tables. */
const INDEXES = `
  select pg_get_indexdef(index.indexrelid) || ';'
  from pg_index index
  join pg_class class on class.oid = index.indexrelid
  where class.relnamespace = 'rappel'::regnamespace
    and not exists (select from pg_constraint where conindid = index.indexrelid)
  order by class.relname`

const FUNCTIONS = `
  select pg_get_functiondef(oid) || ';'
  from pg_proc
  where pronamespace = 'rappel'::regnamespace
  order by proname`

const COMMENTS = `
  select format(
    'comment on %s is %L;',
    case description.objsubid
      when 0 then format('table rappel.%I', class.relname)
      else format('column rappel.%I.%I', class.relname, attribute.attname)
    end,
    description.description
  )
  from pg_description description
  join pg_class class on class.oid = description.objoid
  left join pg_attribute attribute
    on attribute.attrelid = class.oid and attribute.attnum = description.objsubid
  where description.classoid = 'pg_class'::regclass
    and class.relnamespace = 'rappel'::regnamespace
  order by class.relname, description.objsubid`
