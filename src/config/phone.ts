/** Phone numbers as a way in: what the embedded server does with them. */
import { z } from 'zod';
import { duration, onOff, type Values } from './values.ts';

export interface PhoneSettings {
  readonly enabled: boolean;
  /** Whether a number counts as confirmed without a code. Proves nothing. */
  readonly autoconfirm: boolean;
  readonly codeTtlSeconds: number;
  readonly codeLength: number;
  /** Between two text messages to one number. */
  readonly maxFrequencySeconds: number;
}

export const phoneVariables = {
  EXTERNAL_PHONE_ENABLED: onOff.default(false),
  SMS_AUTOCONFIRM: onOff.default(false),
  SMS_OTP_EXP: duration.default(60),
  SMS_OTP_LENGTH: z.coerce.number('6 to 10').int('6 to 10').min(6, '6 to 10').max(10, '6 to 10').default(6),
  SMS_MAX_FREQUENCY: duration.default(60),
};

export function phoneSettings(env: Values<typeof phoneVariables>): PhoneSettings {
  return {
    enabled: env.EXTERNAL_PHONE_ENABLED,
    autoconfirm: env.SMS_AUTOCONFIRM,
    codeTtlSeconds: env.SMS_OTP_EXP,
    codeLength: env.SMS_OTP_LENGTH,
    maxFrequencySeconds: env.SMS_MAX_FREQUENCY,
  };
}
