export const ADMIN = 'admin';

/** Runs work while nobody else on the same database runs work of the same name. */
export type Exclusively = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;
