/**
 * A TCP port in front of the server's socket: the network between one process and Postgres,
 * with everything that a network can do to it.
 */
import { connect, createServer, type Server, type Socket } from "node:net"

export interface Proxy {
  readonly url: string
  /** Every byte comes later by this much, in both directions; 0 ends it. */
  readonly delay: (millis: number) => void
  /** Ends all connections. */
  readonly cut: () => number
  /** Connections of now stay open and carry nothing any more; new ones work. */
  readonly halfOpen: () => number
  /** Nothing gets through, and nobody is told; false ends it for new connections. */
  readonly partition: (isOn: boolean) => void
  /**
   * Waits for the next commit, lets the server carry it out, and cuts the connection instead
   * of giving its answer. False when none came within the time.
   */
  readonly loseAnswer: (withinMillis: number) => Promise<boolean>
  readonly connections: () => number
  readonly close: () => void
}

interface Link {
  readonly client: Socket
  readonly upstream: Socket
  isDead: boolean
  losesAnswer: boolean
}

/** How long a server keeps a connection whose other end is gone, until its keepalive notices. */
const LINGER_MILLIS = 20_000

/** What the names of commits begin with, as they stand in their Bind messages. */
const COMMIT = "rappel_commit_"

export const make = async (socket: string): Promise<Proxy> => {
  const links = new Set<Link>()
  let delayMillis = 0
  let isPartitioned = false
  let losing: ((hit: boolean) => void) | undefined

  const end = (link: Link) => {
    links.delete(link)
    link.client.destroy()
    link.upstream.destroy()
  }

  /** Bytes keep their order, also when the delay changes. */
  const forwarder = (link: Link, to: Socket) => {
    let queue: Promise<void> = Promise.resolve()
    let waiting = 0
    return (data: Buffer) => {
      if (link.isDead) return
      if (delayMillis === 0 && waiting === 0) {
        to.write(data)
        return
      }
      const until = Date.now() + delayMillis
      waiting++
      queue = queue.then(async () => {
        const left = until - Date.now()
        if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
        waiting--
        if (!link.isDead && !to.destroyed) to.write(data)
      })
    }
  }

  const server: Server = createServer((client) => {
    const upstream = connect(socket)
    const link: Link = { client, upstream, isDead: isPartitioned, losesAnswer: false }
    links.add(link)
    client.setNoDelay(true)
    for (const side of [client, upstream]) {
      side.on("error", () => {})
      side.on("close", () => {
        // A dead link tells nobody of its end; what is left of it goes later.
        if (!link.isDead) end(link)
        else setTimeout(end, LINGER_MILLIS, link).unref()
      })
    }
    const up = forwarder(link, upstream)
    const down = forwarder(link, client)
    client.on("data", (data) => {
      if (losing !== undefined && !link.isDead && data.includes(COMMIT)) {
        link.losesAnswer = true
        losing(true)
      }
      up(data)
    })
    upstream.on("data", (data) => {
      if (!link.losesAnswer) return down(data)
      // It answers when it has committed, so this is after COMMIT and before its answer.
      client.destroy()
      upstream.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { readonly port: number }

  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    delay: (millis) => {
      delayMillis = millis
    },
    cut: () => {
      const count = links.size
      for (const link of links) end(link)
      return count
    },
    halfOpen: () => {
      let count = 0
      for (const link of links) {
        if (!link.isDead) count++
        link.isDead = true
      }
      return count
    },
    partition: (isOn) => {
      isPartitioned = isOn
      for (const link of links) if (isOn) link.isDead = true
    },
    loseAnswer: (withinMillis) =>
      new Promise((resolve) => {
        const done = (hit: boolean) => {
          losing = undefined
          clearTimeout(timer)
          resolve(hit)
        }
        const timer = setTimeout(done, withinMillis, false)
        losing = done
      }),
    connections: () => links.size,
    close: () => {
      server.close()
      for (const link of links) end(link)
    }
  }
}
