import { validationFailed } from '../protocol/protocol-error.ts';

/**
 * Digits of E.164, as they are stored and compared: without the plus. Spaces are for people, and are left out.
 * @throws {ProtocolError} 400 validation_failed
 */
export function parsePhone(text: string): string {
  const digits = text.trim().replace(/^\+/, '').replaceAll(' ', '');
  if (!/^[1-9]\d{1,14}$/.test(digits)) throw validationFailed('Invalid phone number format (E.164 required)');
  return digits;
}
