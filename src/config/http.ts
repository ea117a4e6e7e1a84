/** The socket, and who may call. */
import { z } from 'zod';
import { httpUrl, onOff, origins, proxies, type Values, type Wrong } from './values.ts';

export interface HttpConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the outside reaches this Limen, without a slash at the end. */
  readonly externalUrl: string;
  /** `*` alone means any. */
  readonly corsOrigins: string[];
  /** Addresses and ranges (CIDR) whose `X-Forwarded-For` is believed. */
  readonly trustProxy: string[];
  readonly graphiql: boolean;
}

export const httpVariables = {
  PORT: z.coerce.number('a number').int().min(0, 'at least 0').max(65_535, 'at most 65535').default(8001),
  HOST: z.string().default('127.0.0.1'),
  SITE_URL: httpUrl.optional(),
  API_EXTERNAL_URL: httpUrl.optional(),
  CORS_ORIGINS: origins.optional(),
  TRUST_PROXY: proxies.default([]),
  GRAPHIQL: onOff.optional(),
};

type HttpValues = Values<typeof httpVariables>;

export function httpConfig(env: HttpValues, production: boolean): HttpConfig {
  return {
    host: env.HOST,
    port: env.PORT,
    externalUrl: externalUrlOf(env),
    corsOrigins: env.CORS_ORIGINS ?? (production ? [] : ['*']),
    trustProxy: env.TRUST_PROXY,
    graphiql: env.GRAPHIQL ?? !production,
  };
}

/** Supabase Auth's own address is often written with the path it is mounted at. */
export const externalUrlOf = (env: HttpValues) =>
  env.API_EXTERNAL_URL?.replace(/\/auth\/v1$/, '') ?? env.SITE_URL ?? `http://localhost:${env.PORT || 8001}`;

export function httpProblemsInProduction(env: HttpValues, wrong: Wrong): string[] {
  const problems: string[] = [];
  const isGiven = (name: 'API_EXTERNAL_URL' | 'SITE_URL') => Boolean(env[name]) || wrong.has(name);
  if (!isGiven('API_EXTERNAL_URL') && !isGiven('SITE_URL')) {
    problems.push(
      'API_EXTERNAL_URL (or SITE_URL): production needs the address the outside reaches this Limen at',
    );
  }
  if (env.CORS_ORIGINS?.includes('*'))
    problems.push('CORS_ORIGINS: production names its origins; `*` lets any page call');
  return problems;
}
