/**
 * The end of a registration as one statement, and the place of its process.
 *
 * Each statement of a function sees what was committed before it began, so the second one
 * frees what a claim gave to the dispatcher while the first one waited for the row
 * (docs/durability.md, R5). As a transaction of several round trips it would keep its locks
 * for as long as a connection whose other end is gone.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

export default Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* sql`alter table rappel.dispatcher add column place text not null default ''`
  yield* sql`
    comment on column rappel.dispatcher.place is
      'Names the process for others on its host, which can tell by it whether it has ended; empty for none.'`
  yield* sql.unsafe(FREE)
  yield* sql.unsafe(EXPIRE)
  yield* sql.unsafe(LEAVE)
})

/* Index: due_owner_idx. Locks: the rows it frees. The channel is that of PgWakes.ts. */
const FREE = `
  create function rappel.free(p_dispatchers uuid[]) returns integer
  language plpgsql volatile
  as $$
  declare
    freed integer;
  begin
    update rappel.due
    set owner = null, due_at = now()
    where owner = any(p_dispatchers);
    get diagnostics freed = row_count;
    if freed > 0 then
      perform pg_notify('rappel', 'd');
    end if;
    return freed;
  end
  $$`

/* Locks: the rows of dispatchers whose counter is still the one that was seen. */
const EXPIRE = `
  create function rappel.expire(p_ids uuid[], p_counters bigint[]) returns integer
  language plpgsql volatile
  as $$
  declare
    dead uuid[];
  begin
    with expired as (
      update rappel.dispatcher
      set died_at = now()
      from unnest(p_ids, p_counters) as seen (id, counter)
      where dispatcher.id = seen.id and dispatcher.counter = seen.counter
        and dispatcher.died_at is null
      returning dispatcher.id
    )
    select array_agg(id) into dead from expired;
    if dead is null then
      return 0;
    end if;
    perform rappel.lose_calls(dead);
    return rappel.free(dead);
  end
  $$`

const LEAVE = `
  create function rappel.leave(p_dispatcher uuid) returns integer
  language plpgsql volatile
  as $$
  begin
    delete from rappel.dispatcher where id = p_dispatcher;
    perform rappel.offer_again(p_dispatcher);
    return rappel.free(array[p_dispatcher]);
  end
  $$`
