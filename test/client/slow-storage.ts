import { createMemoryStorage, type SessionStorage } from '../../src/client/session-storage.ts';

/** Asynchronous, as React Native's, and slow enough for others to come in between. */
export function createSlowStorage(): SessionStorage {
  const storage = createMemoryStorage();
  const later = async <T>(work: () => T) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return work();
  };
  return {
    getItem: (key) => later(() => storage.getItem(key) as string | null),
    setItem: (key, value) => later(() => storage.setItem(key, value)),
    removeItem: (key) => later(() => storage.removeItem(key)),
  };
}
