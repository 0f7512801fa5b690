/**
 * `@effect/rpc` over a duplex stream: the socketpair between a pool and its worker.
 *
 * The protocols that come with `@effect/rpc` ping every ten seconds and give up on a
 * peer that does not answer: a worker whose event loop is busy with an action would be
 * taken for dead. Here only a closed socket is a dead peer.
 *
 * Calls and reports go beside it, in frames of their own (`Batches.ts`): each message of
 * `@effect/rpc` costs a fiber at both ends, and each chunk of a stream an acknowledgement, which
 * on the path of every step was more than all the rest of it.
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

export interface Wire {
  /** A message of `@effect/rpc`. */
  readonly send: (message: unknown) => void
  /** Frames, in one system call. */
  readonly write: (frames: ReadonlyArray<Buffer>) => void
  /** Waits until the socket has taken what was written. */
  readonly drained: Effect.Effect<void>
  readonly isOpen: () => boolean
  /** Handles messages one after the other, until the socket closes. */
  readonly run: Effect.Effect<void>
}

/** One end of a socket: the RPC, and the wire that it shares with the batches. */
export interface Side<Protocol> {
  readonly protocol: Protocol
  readonly wire: Wire
  /** Ends when the socket has closed. */
  readonly closed: Effect.Effect<void>
}

const makeWire = (
  duplex: Duplex,
  handle: (message: unknown) => Effect.Effect<void>,
  onBatch: (body: Buffer) => void
): Effect.Effect<Wire, never, Scope.Scope> =>
  Effect.gen(function*() {
    const inbox = yield* Mailbox.make<unknown>()
    let waiting = 0
    const onData = Frames.makeReader((kind, body) => {
      if (kind === Frames.Kind.batch) return onBatch(body)
      waiting++
      inbox.unsafeOffer(Frames.decode(body))
      if (waiting > READ_AHEAD) duplex.pause()
    })
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

    const isOpen = () => duplex.writable && !duplex.destroyed
    return {
      isOpen,
      send: (message) => {
        if (isOpen()) duplex.write(Frames.encode(message))
      },
      write: (frames) => {
        if (!isOpen()) return
        duplex.cork()
        for (const frame of frames) duplex.write(frame)
        duplex.uncork()
      },
      drained: Effect.async((resume) => {
        if (!isOpen()) return resume(Effect.void)
        // Its turn comes after all that was written before.
        duplex.write(Buffer.alloc(0), () => resume(Effect.void))
      }),
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
  duplex: Duplex,
  onBatch: (body: Buffer) => void
): Effect.Effect<Side<RpcServer.Protocol["Type"]>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const disconnects = yield* Mailbox.make<number>()
    const closed = yield* Deferred.make<void>()
    let wire!: Wire
    const protocol = yield* RpcServer.Protocol.make((write) =>
      Effect.gen(function*() {
        wire = yield* makeWire(
          duplex,
          (message) => write(0, message as FromClientEncoded),
          onBatch
        )
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
    return { protocol, wire, closed: Deferred.await(closed) }
  })

/** The pool's end; every request in flight fails when the socket closes. */
export const clientProtocol = (
  duplex: Duplex,
  onBatch: (body: Buffer) => void
): Effect.Effect<Side<RpcClient.Protocol["Type"]>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const closed = yield* Deferred.make<void>()
    let wire!: Wire
    const protocol = yield* RpcClient.Protocol.make((write) =>
      Effect.gen(function*() {
        wire = yield* makeWire(duplex, (message) => write(message as FromServerEncoded), onBatch)
        const gone = new RpcClientError({
          reason: "Protocol",
          message: "The worker's socket closed"
        })
        yield* wire.run.pipe(
          Effect.zipRight(Deferred.succeed(closed, undefined)),
          Effect.zipRight(
            Effect.suspend(() => write({ _tag: "ClientProtocolError", error: gone }))
          ),
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
    return { protocol, wire, closed: Deferred.await(closed) }
  })
