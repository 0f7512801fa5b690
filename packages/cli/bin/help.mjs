/**
 * What `rappel --help` prints; it stands apart from the commands, so that it is there at once.
 * `packages/cli/test/help.test.ts` holds it to the commands that exist.
 */
export const help = `rappel: durable workflows as plain async functions

Usage: rappel <command> [options]      rappel <command> --help says more

Commands
  run <file> <export>        compile, start and await one workflow; with - as file,
                             one request per line of stdin
  check [files]              compile workflows and print what the compiler finds
  build                      write the programs, the manifest and the generated module
  visualize <file> <export>  draw the program of a workflow
  dev                        run this project's workflows, and reload what changes
  start-workers              run a dispatcher and its workers: the process of production
  migrate                    bring the database's schema up to date
  doctor                     find instances that nobody moves, and settings at fault
  instances list             list instances, newest first
  instances show <id>        show an instance: its input, outcome and events
  instances resume <ids>     let instances go on that were set aside
  instances retry <ids>      let failed instances go on from the call that failed;
                             also skip, patch, fork, rerun
  instances export <id>      write an instance into one file
  replay <file>              step an exported instance again, offline
  instances cancel <ids>     cancel instances; their cleaning up runs durably
  instances terminate <ids>  end instances without running their code any further
  instances signal <id> <channel> [value]
                             tell an instance a value, as JSON
  deploy                     make what was built what starts by name run
  deploy-check               compare this code with the instances that are live
  schedules                  start workflows at times: list, set, pause and more
  queues list                list queues: what waits, what runs, who serves them
  queues limit <queue>       set the limits of a queue, or pause it
  retention show             show how long finished instances are kept
  retention run              remove now what is over
  bench                      measure actions on this machine
  bench-instances            measure workflows from their start to their result
  bench-report [files]       summarise what these two wrote

Options of every command
  --verbose                  show stacks and debug logs
  --help                     say what a command takes

Without DATABASE_URL or --database-url, rappel starts a Postgres of the project's own,
with its data under .rappel/. Settings stand in docs/operations.md.

Exit codes: 0 done, 1 the workflow failed or there are findings, 2 wrong usage or input,
3 no database or other infrastructure, 57 the schema is newer than this program`
