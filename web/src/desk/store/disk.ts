import type { Outgoing } from './state'

/** The outbox on disk: what was sent by a person and not yet taken by the server survives a
 * reload, files and all. A browser without IndexedDB (private windows of some) keeps it in memory. */
const STORE = 'outgoing'

let opened: Promise<IDBDatabase | null> | null = null

function database(): Promise<IDBDatabase | null> {
  opened ??= new Promise((done) => {
    try {
      const request = indexedDB.open('beseda', 1)
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'client_id' })
      request.onsuccess = () => done(request.result)
      request.onerror = () => done(null)
    } catch {
      done(null)
    }
  })
  return opened
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  const db = await database()
  if (!db) return null
  return new Promise((done) => {
    const request = act(db.transaction(STORE, mode).objectStore(STORE))
    request.onsuccess = () => done(request.result)
    request.onerror = () => done(null)
  })
}

export const disk = {
  all: async (): Promise<Outgoing[]> => (await run('readonly', (store) => store.getAll())) ?? [],
  put: (outgoing: Outgoing) => run('readwrite', (store) => store.put(outgoing)),
  remove: (id: string) => run('readwrite', (store) => store.delete(id)),
  clear: () => run('readwrite', (store) => store.clear()),
}
