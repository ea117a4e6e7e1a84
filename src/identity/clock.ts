/** Now, as the rules see it. Tests hold it still. */
export type Clock = () => Date;
