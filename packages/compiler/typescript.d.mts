export { default } from "typescript"
