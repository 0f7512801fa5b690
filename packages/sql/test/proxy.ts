/**
 * A TCP port in front of the test server's Unix socket, whose connections can be cut at a
 * chosen moment: the way to lose an answer and nothing else.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { connect, createServer, type Server, type Socket } from "node:net"

export interface Proxy {
  /** The same database, through the proxy. */
  readonly url: string
  /**
   * Cuts the connection when the server answers the next statement that mentions `text`:
   * the statement is carried out, its answer is lost. With `close`, nobody gets through
   * after that until `open` is called.
   */
  readonly loseAnswerTo: (text: string, close?: boolean) => void
  readonly lost: () => number
  /** Cuts all connections and accepts no new ones until `open` is called. */
  readonly close: () => void
  readonly open: () => void
  /** Connections of now stay open and carry nothing any more; new ones work. */
  readonly silence: () => void
}

export const make = (url: string): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function*() {
    const directory = new URL(url.replace("@/", "@x/")).searchParams.get("host")!
    const sockets = new Set<Socket>()
    const silent = new Set<Socket>()
    let losing: string | null = null
    let closesThen = false
    let isOpen = true
    let lost = 0

    const server: Server = createServer((client) => {
      if (!isOpen) return client.destroy()
      const upstream = connect(`${directory}/.s.PGSQL.5432`)
      let cutsAtAnswer = false
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          client.destroy()
          upstream.destroy()
        })
      }
      client.on("data", (data) => {
        if (silent.has(client)) return
        if (losing !== null && data.includes(losing)) {
          losing = null
          cutsAtAnswer = true
        }
        upstream.write(data)
      })
      upstream.on("data", (data) => {
        if (silent.has(client)) return
        if (!cutsAtAnswer) return client.write(data)
        lost++
        if (closesThen) isOpen = false
        client.destroy()
        // Not before the server has sent all of its answer: it has committed by then.
        upstream.end()
      })
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
          server.close()
        })
    )
    const { port } = server.address() as { readonly port: number }
    const database = /@\/(\w+)/.exec(url)![1]
    return {
      url: `postgresql://postgres@127.0.0.1:${port}/${database}`,
      loseAnswerTo: (text, close = false) => {
        losing = text
        closesThen = close
      },
      lost: () => lost,
      close: () => {
        isOpen = false
        for (const socket of sockets) socket.destroy()
      },
      open: () => {
        isOpen = true
      },
      silence: () => {
        for (const socket of sockets) silent.add(socket)
      }
    }
  })
