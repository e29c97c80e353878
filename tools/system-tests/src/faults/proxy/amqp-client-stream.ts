import {
  AmqpFrameParser,
  FRAME,
  METHOD,
  basicAckFrame,
  isMethod,
  type AmqpFrame,
  type AmqpMethod,
} from './amqp-frames';

/** Delivery tags of a channel count from 1; no test gets this far. */
const UNKNOWN_DELIVERY = 999_999n;

/**
 * Splits what one client sends to the broker into whole frames, so that a frame can be injected after each piece that
 * `push` returns. No frame may be injected on a channel between the frames of a message: the broker would close the
 * connection (505 UNEXPECTED_FRAME).
 */
export class AmqpClientStream {
  readonly #parser = new AmqpFrameParser();
  readonly #consuming = new Set<number>();
  /** Channels in the middle of a message: remaining bytes of its body, Infinity before the content header. */
  readonly #unfinished = new Map<number, number>();
  /** Channels in the middle of a message that get their ack after it. */
  readonly #due = new Set<number>();

  /** Returns the bytes to forward, and the methods among them. Throws when the stream is not AMQP. */
  push(chunk: Buffer): { readonly bytes: Buffer; readonly methods: readonly AmqpMethod[] } {
    const frames = this.#parser.push(chunk);
    const pieces = frames.flatMap((frame) => {
      this.#follow(frame);
      const ackNow = !this.#unfinished.has(frame.channel) && this.#due.delete(frame.channel);
      return ackNow ? [frame.bytes, basicAckFrame(frame.channel, UNKNOWN_DELIVERY)] : [frame.bytes];
    });
    return { bytes: Buffer.concat(pieces), methods: frames.flatMap(({ method }) => method ?? []) };
  }

  /**
   * Acks an unknown delivery on each consuming channel. Returns the frames to send now (others follow in `push`) and
   * the number of channels.
   */
  ackUnknownDelivery(): { readonly bytes: Buffer; readonly channels: number } {
    const channels = [...this.#consuming];
    // The broker closes these channels, so a second call does not find them.
    this.#consuming.clear();
    for (const channel of channels.filter((each) => this.#unfinished.has(each))) this.#due.add(channel);
    const now = channels.filter((each) => !this.#due.has(each));
    return {
      bytes: Buffer.concat(now.map((channel) => basicAckFrame(channel, UNKNOWN_DELIVERY))),
      channels: channels.length,
    };
  }

  #follow({ type, channel, method, payload }: AmqpFrame): void {
    if (isMethod(method, METHOD.basicConsume)) this.#consuming.add(channel);
    if (isMethod(method, METHOD.basicPublish)) this.#unfinished.set(channel, Infinity);
    if (isMethod(method, METHOD.channelClose) || isMethod(method, METHOD.channelCloseOk)) this.#forget(channel);
    // Section 4.2.6.1: class and weight (short each), then the size of the body (long long).
    if (type === FRAME.contentHeader) this.#unfinished.set(channel, Number(payload.readBigUInt64BE(4)));
    if (type === FRAME.contentBody)
      this.#unfinished.set(channel, (this.#unfinished.get(channel) ?? 0) - payload.length);
    if ((this.#unfinished.get(channel) ?? 0) <= 0) this.#unfinished.delete(channel);
  }

  #forget(channel: number): void {
    for (const channels of [this.#consuming, this.#unfinished, this.#due]) channels.delete(channel);
  }
}
