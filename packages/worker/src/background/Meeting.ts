/**
 * How an app finds the background process of its project, and how that knows when its last
 * app has gone: every app holds a connection to it open, and the process ends a while after
 * the last one was closed, however that came about.
 *
 * The background process greets each connection with one line of JSON.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { rmSync } from "node:fs"
import * as Net from "node:net"

/**
 * A project has one process that serves its apps, and it is there.
 *
 * @since 0.1.0
 * @category errors
 */
export class AlreadyServed extends Error {
  override readonly name = "AlreadyServed"
  constructor(socketPath: string, options: { readonly cause: unknown }) {
    super(
      `Another process of this project listens at ${socketPath}: \`rappel dev\`, or the background ` +
        "process of its apps, which ends a few seconds after the last of them. End it first.",
      options
    )
  }
}

/** What an app is told when it has connected. */
export interface Greeting {
  readonly pid: number
  readonly databaseUrl: string
}

/** The other side did not greet within this time; starting a database takes a few seconds. */
const GREETING_MILLIS = 30_000

/** A connection to a background process; it holds neither this process nor the event loop. */
export interface Attached {
  readonly greeting: Greeting
  readonly isOpen: () => boolean
  /** Called once, when the other side has gone. */
  readonly onClose: (listener: () => void) => void
  readonly close: () => void
}

/** Connects to the background process behind a socket; `undefined` when nobody listens. */
export const attach = (socketPath: string): Promise<Attached | undefined> =>
  new Promise((resolve, reject) => {
    const socket = Net.connect(socketPath)
    let text = ""
    let isOpen = true
    const refuse = setTimeout(() => {
      socket.destroy()
      reject(new Error(`The background process behind ${socketPath} does not answer; end it`))
    }, GREETING_MILLIS)
    const listeners = new Set<() => void>()
    socket.setEncoding("utf8")
    socket.on("error", () => {})
    socket.on("close", () => {
      isOpen = false
      clearTimeout(refuse)
      // Also when it was greeting: it is just ending, and a new one may be started.
      resolve(undefined)
      for (const listener of listeners) listener()
    })
    socket.on("data", (chunk: string) => {
      text += chunk
      if (!text.endsWith("\n")) return
      clearTimeout(refuse)
      socket.unref()
      resolve({
        greeting: JSON.parse(text) as Greeting,
        isOpen: () => isOpen,
        onClose: (listener) => {
          if (isOpen) listeners.add(listener)
          else listener()
        },
        close: () => socket.destroy()
      })
    })
  })

/** How many apps are connected, told at each change. */
export type OnCount = (count: number) => void

/**
 * Listens at a socket until the scope closes and greets who connects. Fails when somebody
 * else listens there already.
 *
 * @category running
 */
export const listen = (
  socketPath: string,
  greet: () => Promise<Greeting>,
  onCount: OnCount
): Effect.Effect<void, Error, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => open(socketPath, greet, onCount),
      catch: (error) => error as Error
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of server.sockets) socket.destroy()
      })
  )

interface Listening {
  readonly sockets: ReadonlySet<Net.Socket>
  readonly close: (done: () => void) => void
}

const open = async (
  socketPath: string,
  greet: () => Promise<Greeting>,
  onCount: OnCount
): Promise<Listening> => {
  const sockets = new Set<Net.Socket>()
  const server = Net.createServer((socket) => {
    sockets.add(socket)
    onCount(sockets.size)
    socket.on("error", () => {})
    socket.on("close", () => {
      sockets.delete(socket)
      onCount(sockets.size)
    })
    // Nothing is read, but without reading the end of the other side goes unnoticed.
    socket.resume()
    greet().then(
      (greeting) => socket.write(`${JSON.stringify(greeting)}\n`),
      () => socket.destroy()
    )
  })
  const attempt = () =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject)
      server.listen(socketPath, () => {
        server.off("error", reject)
        resolve()
      })
    })
  try {
    await attempt()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error
    // The file outlives a process that was killed; nobody answers behind it then.
    if (await isAnswering(socketPath)) {
      throw new AlreadyServed(socketPath, { cause: error })
    }
    rmSync(socketPath, { force: true })
    await attempt()
  }
  return { sockets, close: (done) => server.close(() => done()) }
}

const isAnswering = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = Net.connect(socketPath)
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
