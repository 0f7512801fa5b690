/**
 * What became of entries whose row was not as expected: asked when some were not, by the same
 * commit sent again, which knows what it has written.
 *
 * @since 0.1.0
 */

const missing = `missing as materialized (
    select * from entry where (id in (select id from locked)) is not true
  )`

/** `is_written`: by this commit, be the row locked by somebody else by now. */
const stillDue = `still_due as materialized (
    select missing.id, its.commit_id is not distinct from $1 as is_written,
      its.owner is not distinct from $2 and its.epoch = missing.epoch
        and its.last_seq = missing.expected_seq as is_held
    from missing cross join lateral (
      select commit_id, owner, epoch, last_seq
      from rappel.due
      where due.instance_id = missing.id
      offset 0
    ) as its
  )`

/**
 * A row that this commit closed is gone, so its instance is asked. It is there again when the
 * instance was repaired since: then the entry is lost, and the sender looks whether it owns it anew.
 */
const closedBefore = `closed_before as materialized (
    select missing.id
    from missing cross join lateral (
      select closed_by from rappel.instance where instance.id = missing.id offset 0
    ) as its
    where missing.fate = 2 and its.closed_by = $1
      and (missing.id in (select id from still_due)) is not true
  )`

export const FATES: ReadonlyArray<string> = [missing, stillDue, closedBefore]

/** `refused`: which entries are lost though their row is as expected. */
export const fatesAnswer = (refused = "false"): string =>
  `(
      select string_agg(id::text, ',')
      from missing
      where (id in (select id from closed_before)) is not true
        and (id in (
          select id from still_due where is_written or (is_held and not ${refused})
        )) is not true
    ) as lost,
    (
      select string_agg(id::text, ',') from still_due where is_held and not is_written and not ${refused}
    ) as busy`
