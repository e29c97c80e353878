// AMQP 0-9-1, section 4.2.3 "General Frame Format": type (octet), channel (short), size (long), payload, 0xCE.
const PROTOCOL_HEADER_BYTES = 8;
const FRAME_HEADER_BYTES = 7;
const FRAME_END = 0xce;

export const FRAME = { protocolHeader: 0, method: 1, contentHeader: 2, contentBody: 3, heartbeat: 8 } as const;

/** Methods by class id and method id, from the AMQP 0-9-1 reference. */
export const METHOD = {
  channelClose: { classId: 20, methodId: 40 },
  channelCloseOk: { classId: 20, methodId: 41 },
  queueDeclare: { classId: 50, methodId: 10 },
  basicConsume: { classId: 60, methodId: 20 },
  basicPublish: { classId: 60, methodId: 40 },
  basicAck: { classId: 60, methodId: 80 },
} as const;

export interface AmqpMethod {
  readonly classId: number;
  readonly methodId: number;
}

export interface AmqpFrame {
  /** One of `FRAME`; the 8 bytes that open a connection count as a frame of type 0 on channel 0. */
  readonly type: number;
  readonly channel: number;
  readonly payload: Buffer;
  /** Set for method frames. */
  readonly method: AmqpMethod | null;
  /** The whole frame, as it was sent. */
  readonly bytes: Buffer;
}

/** Splits the stream that a client sends into frames, whatever pieces it arrives in. */
export class AmqpFrameParser {
  #rest: Buffer = Buffer.alloc(0);
  #opened = false;

  /** Returns the frames that this chunk completes. Throws when the stream is not AMQP. */
  push(chunk: Buffer): AmqpFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: AmqpFrame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) {
      frames.push(frame);
      this.#rest = this.#rest.subarray(frame.bytes.length);
    }
    return frames;
  }

  #next(): AmqpFrame | null {
    const rest = this.#rest;
    if (!this.#opened) {
      if (rest.length < PROTOCOL_HEADER_BYTES) return null;
      if (rest.toString('latin1', 0, 4) !== 'AMQP')
        throw new Error('the stream does not begin with the AMQP protocol header');
      this.#opened = true;
      const bytes = rest.subarray(0, PROTOCOL_HEADER_BYTES);
      return { type: FRAME.protocolHeader, channel: 0, payload: bytes, method: null, bytes };
    }
    if (rest.length < FRAME_HEADER_BYTES) return null;
    const length = FRAME_HEADER_BYTES + rest.readUInt32BE(3) + 1;
    if (rest.length < length) return null;
    if (rest[length - 1] !== FRAME_END) throw new Error('an AMQP frame does not end with 0xCE');
    const bytes = rest.subarray(0, length);
    const payload = bytes.subarray(FRAME_HEADER_BYTES, -1);
    const type = bytes.readUInt8(0);
    const method =
      type === FRAME.method ? { classId: payload.readUInt16BE(0), methodId: payload.readUInt16BE(2) } : null;
    return { type, channel: bytes.readUInt16BE(1), payload, method, bytes };
  }
}

/** Builds a basic.ack of one delivery. */
export function basicAckFrame(channel: number, deliveryTag: bigint): Buffer {
  const payload = Buffer.alloc(13);
  payload.writeUInt16BE(METHOD.basicAck.classId, 0);
  payload.writeUInt16BE(METHOD.basicAck.methodId, 2);
  payload.writeBigUInt64BE(deliveryTag, 4);
  return amqpFrame(FRAME.method, channel, payload);
}

export function amqpFrame(type: number, channel: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(channel, 1);
  header.writeUInt32BE(payload.length, 3);
  return Buffer.concat([header, payload, Buffer.of(FRAME_END)]);
}

export function isMethod(method: AmqpMethod | null, expected: AmqpMethod): boolean {
  return method !== null && method.classId === expected.classId && method.methodId === expected.methodId;
}
