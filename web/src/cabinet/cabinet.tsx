import type { Me } from '../kit/api/types'

export default function Cabinet(_: { me: Me }) {
  return null
}
