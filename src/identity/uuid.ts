const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** In any spelling that Postgres and supabase-js take alike. */
export const isUuid = (text: string) => UUID.test(text);
