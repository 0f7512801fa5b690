/** A process that executes calls: the only action is `mark`. It ends with its dispatcher. */
import { Socket } from "node:net"
import { mark } from "../../workloads.mjs"
import { receive, sender } from "./batches.mjs"

const action = async (text, index) => mark(text, index)

const socket = new Socket({ fd: 3, readable: true, writable: true })
socket.on("close", () => process.exit(0))
const report = sender(socket)
receive(socket, ([id, text, index]) => {
  action(text, index).then((made) => report([id, made]))
})
