import { ProtocolError } from './protocol-error.ts';

/** The protocol answers 403 to what adds a factor or codes, and 422 to what takes them away. */
export const insufficientAal = (status: 403 | 422, message: string) =>
  new ProtocolError(status, 'insufficient_aal', message);
