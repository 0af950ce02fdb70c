import { ask } from '../../kit/api/client'

/** A call of an address that the generated description does not have yet. */
export function call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const request = async () => {
    const response = await fetch(`/api/v1${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const told: unknown = text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
    return response.ok ? { data: told as T, response } : { error: told, response }
  }
  return ask<T>(request())
}
