/** Batches of rows over a socket: four bytes of length, then JSON. */
const HEAD_BYTES = 4

/** Answers what takes a row; rows of one turn of the event loop leave together. */
export const sender = (socket) => {
  let rows = []
  const send = () => {
    const body = JSON.stringify(rows)
    rows = []
    const bytes = Buffer.byteLength(body)
    const frame = Buffer.allocUnsafe(HEAD_BYTES + bytes)
    frame.writeUInt32BE(bytes)
    frame.write(body, HEAD_BYTES)
    socket.write(frame)
  }
  return (row) => {
    if (rows.length === 0) setImmediate(send)
    rows.push(row)
  }
}

/** Hands on each row that arrives. */
export const receive = (socket, take) => {
  let left = Buffer.alloc(0)
  socket.on("data", (chunk) => {
    left = left.length === 0 ? chunk : Buffer.concat([left, chunk])
    while (left.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + left.readUInt32BE(0)
      if (left.length < end) return
      for (const row of JSON.parse(left.toString("utf8", HEAD_BYTES, end))) take(row)
      left = left.subarray(end)
    }
  })
}
