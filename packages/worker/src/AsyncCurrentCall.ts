/**
 * Follows the current call through `await`s, by Node's AsyncLocalStorage.
 *
 * @since 0.1.0
 */
import {
  type CurrentCall,
  type CurrentCallProvider,
  setCurrentCallProvider
} from "@rappel/core/worker/CurrentCall"
import { AsyncLocalStorage } from "node:async_hooks"

const storage = new AsyncLocalStorage<CurrentCall>()

const provider: CurrentCallProvider = {
  get: () => storage.getStore(),
  run: (call, body) => storage.run(call, body)
}

/** From now on `currentCall()` answers everywhere in an action of this process. */
export const installCurrentCall = (): void => setCurrentCallProvider(provider)
