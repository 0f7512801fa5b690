/**
 * A process that asks tests: one that hangs or breaks the realm costs no more than itself.
 */
import process from "node:process"
import { type Ask, Asker } from "./ask.ts"

const asker = new Asker(process.env["TEST262_DIR"]!)

process.on("message", (asks: ReadonlyArray<Ask>) => {
  void (async () => {
    await asker.askAll(asks, {
      onBegin: (path) => process.send!({ begins: path }),
      onAnswer: (answer) => process.send!({ answer })
    })
    process.send!({ wants: true })
  })()
})
process.send!({ wants: true })
