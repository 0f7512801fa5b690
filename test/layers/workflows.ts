import { action, currentCall, sleep, workflow } from "@rappel/core"

export const flaky = action(async (attempts: { readonly succeedAt: number }, attempt: string) => {
  const now = currentCall()?.attempt ?? 1
  if (now < attempts.succeedAt) throw new Error(`${attempt} ${now} fails`)
  return now
})

/** Uses all of a dispatcher: calls, a retry, a timeout, a timer. */
export const everything = workflow(async (succeedAt: number) => {
  const attempt = await flaky.with({ retry: { attempts: 5, backoff: "5ms" }, timeout: "20s" })(
    { succeedAt },
    "attempt"
  )
  await sleep("5ms")
  return attempt
})
