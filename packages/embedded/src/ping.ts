/**
 * Asks a server whether it takes connections, without a driver: a start-up packet of
 * the wire protocol, and a look at the first message of the answer.
 *
 * Source: https://www.postgresql.org/docs/17/protocol-message-formats.html
 */
import { connect } from "node:net"

/** The account and database that `initdb` makes. */
export const USER = "postgres"

/** SQLSTATE `cannot_connect_now`: starting up, recovering or shutting down. */
const CANNOT_CONNECT_NOW = "57P03"

const TIMEOUT_MILLIS = 2_000

export const ping = (socketDirectory: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(`${socketDirectory}/.s.PGSQL.5432`)
    const answer = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    socket.setTimeout(TIMEOUT_MILLIS, () => answer(false))
    socket.on("error", () => answer(false))
    socket.on("close", () => resolve(false))
    socket.on("connect", () => socket.write(startUp))
    socket.on("data", (data: Buffer) =>
      answer(data[0] === 0x52 || (data[0] === 0x45 && !data.includes(CANNOT_CONNECT_NOW))))
  })

const startUp = (() => {
  const parameters = Buffer.from(`user\0${USER}\0database\0postgres\0\0`)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(head.length + parameters.length, 0)
  head.writeUInt32BE(3 << 16, 4)
  return Buffer.concat([head, parameters])
})()
