/**
 * L-11 to L-14: comprehensions, which are array methods here.
 */
import { workflow } from "@rappel/core"
import { fetchPairs, fetchUsers } from "./actions.ts"

export const L_11_list_comprehension_assignment = workflow(async () => {
  const users = await fetchUsers()
  const active = users.filter((user) => user.active)
  return active
})

export const L_12_list_comprehension_ifexp = workflow(async () => {
  const users = await fetchUsers()
  const labels = users.map((user) => user.active ? user.name : "inactive")
  return labels
})

export const L_13_dict_comprehension_assignment = workflow(async () => {
  const users = await fetchUsers()
  const names = Object.fromEntries(
    users.filter((user) => user.active).map((user) => [user.id, user.name])
  )
  return names
})

export const L_14_dict_comprehension_tuple = workflow(async () => {
  const pairs = await fetchPairs()
  return Object.fromEntries(pairs.map(([key, value]) => [key, value]))
})
