/**
 * `@effect/rpc` over a duplex stream: the socketpair between a pool and its worker.
 *
 * The protocols that come with `@effect/rpc` ping every ten seconds and give up on a
 * peer that does not answer: a worker whose event loop is busy with an action would be
 * taken for dead. Here only a closed socket is a dead peer. What is written in one turn
 * of the event loop leaves in one system call.
 *
 * @since 0.1.0
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import { RpcClientError } from "@effect/rpc/RpcClientError"
import type { FromClientEncoded, FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Duplex } from "node:stream"
import * as Frames from "./Frames.ts"

/** Messages that wait to be handled before the socket is read no further. */
const READ_AHEAD = 1024

interface Wire {
  readonly send: (message: unknown) => void
  readonly isOpen: () => boolean
  /** Handles messages one after the other, until the socket closes. */
  readonly run: Effect.Effect<void>
}

const makeWire = (
  duplex: Duplex,
  handle: (message: unknown) => Effect.Effect<void>
): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.gen(function*() {
    const inbox = yield* Mailbox.make<unknown>()
    const decode = Frames.makeDecoder()
    let waiting = 0
    const onData = (chunk: Buffer) => {
      const messages = decode(chunk)
      waiting += messages.length
      for (const message of messages) inbox.unsafeOffer(message)
      if (waiting > READ_AHEAD) duplex.pause()
    }
    const close = () => inbox.unsafeDone(Exit.void)
    duplex.on("data", onData)
    duplex.on("close", close)
    duplex.on("end", close)
    // Reset and broken pipe end in "close" as well; without a listener they would be thrown.
    duplex.on("error", close)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        duplex.off("data", onData)
        close()
      })
    )

    let corked = false
    const uncork = () => {
      corked = false
      duplex.uncork()
    }
    const isOpen = () => duplex.writable && !duplex.destroyed
    return {
      isOpen,
      send: (message) => {
        if (!isOpen()) return
        if (!corked) {
          corked = true
          duplex.cork()
          setImmediate(uncork)
        }
        duplex.write(Frames.encode(message))
      },
      run: Effect.gen(function*() {
        for (;;) {
          const [messages, ended] = yield* inbox.takeAll
          for (const message of messages) yield* handle(message)
          waiting -= Chunk.size(messages)
          if (ended) return
          if (duplex.isPaused()) duplex.resume()
        }
      })
    }
  })

/** The worker's end; the fiber that serves ends when the socket closes. */
export const serverProtocol = (
  duplex: Duplex
): Effect.Effect<
  { readonly protocol: RpcServer.Protocol["Type"]; readonly closed: Effect.Effect<void> },
  never,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const disconnects = yield* Mailbox.make<number>()
    const closed = yield* Deferred.make<void>()
    const protocol = yield* RpcServer.Protocol.make((write) =>
      Effect.gen(function*() {
        const wire = yield* makeWire(duplex, (message) => write(0, message as FromClientEncoded))
        yield* wire.run.pipe(
          Effect.zipRight(Deferred.succeed(closed, undefined)),
          Effect.forkScoped
        )
        return {
          disconnects,
          send: (_client: number, response: FromServerEncoded) =>
            Effect.sync(() => wire.send(response)),
          end: () => Effect.void,
          clientIds: Effect.succeed(new Set([0])),
          initialMessage: Effect.succeed(Option.none()),
          supportsAck: true,
          supportsTransferables: false,
          supportsSpanPropagation: false
        }
      })
    )
    return { protocol, closed: Deferred.await(closed) }
  })

/** The pool's end; every request in flight fails when the socket closes. */
export const clientProtocol = (
  duplex: Duplex
): Effect.Effect<RpcClient.Protocol["Type"], never, Scope.Scope> =>
  RpcClient.Protocol.make((write) =>
    Effect.gen(function*() {
      const wire = yield* makeWire(duplex, (message) => write(message as FromServerEncoded))
      const gone = new RpcClientError({ reason: "Protocol", message: "The worker's socket closed" })
      yield* wire.run.pipe(
        Effect.zipRight(Effect.suspend(() => write({ _tag: "ClientProtocolError", error: gone }))),
        Effect.forkScoped
      )
      return {
        send: (request: FromClientEncoded) =>
          wire.isOpen() ? Effect.sync(() => wire.send(request)) : Effect.fail(gone),
        supportsAck: true,
        supportsTransferables: false
      }
    })
  )
