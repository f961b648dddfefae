// @ts-check
/**
 * What this browser remembers of trust and of public passports (IndexedDB). Nothing restricted goes in here (T34).
 *
 * Values: `root` (bytes of the pinned trust root), `newest-version` (of the trust list), `newest-time` (largest
 * time ever seen, ms), `lens` (id of the camera lens chosen last), and `bytes:{path}` with what was fetched, when.
 */

const NAME = 'battery-passport';
const STORE = 'values';

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('the store is blocked by another window'));
  });
  opened.catch(() => {
    opened = null;
  });
  return opened;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} use
 * @returns {Promise<T>}
 */
async function transact(mode, use) {
  const transaction = (await database()).transaction(STORE, mode);
  return new Promise((resolve, reject) => {
    const request = use(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/**
 * @param {string} key
 * @returns {Promise<any>} undefined when nothing is kept, or when this browser keeps nothing
 */
export async function get(key) {
  try {
    return await transact('readonly', (store) => store.get(key));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} key
 * @param {unknown} value
 * @returns {Promise<boolean>} whether it is kept
 */
export async function put(key, value) {
  try {
    await transact('readwrite', (store) => store.put(value, key));
    return true;
  } catch {
    return false;
  }
}
