import { AmqpFrameParser, FRAME, METHOD, amqpFrame, basicAckFrame } from './amqp-frames';

const header = Buffer.from('AMQP\0\0\x09\x01', 'latin1');
const declare = amqpFrame(FRAME.method, 1, Buffer.from([0, 50, 0, 10, 0xce, 0xce]));
const heartbeat = amqpFrame(FRAME.heartbeat, 0, Buffer.alloc(0));
const body = amqpFrame(FRAME.contentBody, 258, Buffer.from('picture'));
const stream = Buffer.concat([header, declare, heartbeat, body, basicAckFrame(3, 7n)]);

const summary = (frames: ReturnType<AmqpFrameParser['push']>) =>
  frames.map(({ type, channel, method }) => ({ type, channel, method }));

const expected = [
  { type: FRAME.protocolHeader, channel: 0, method: null },
  { type: FRAME.method, channel: 1, method: METHOD.queueDeclare },
  { type: FRAME.heartbeat, channel: 0, method: null },
  { type: FRAME.contentBody, channel: 258, method: null },
  { type: FRAME.method, channel: 3, method: METHOD.basicAck },
];

it('splits a stream into frames whose bytes are the stream', () => {
  const frames = new AmqpFrameParser().push(stream);
  expect(summary(frames)).toEqual(expected);
  expect(Buffer.concat(frames.map(({ bytes }) => bytes))).toEqual(stream);
  expect(frames[3]?.payload.toString()).toBe('picture');
});

it('finds the same frames wherever the stream is split in two', () => {
  for (let at = 0; at <= stream.length; at++) {
    const parser = new AmqpFrameParser();
    const frames = [...parser.push(stream.subarray(0, at)), ...parser.push(stream.subarray(at))];
    expect(summary(frames)).toEqual(expected);
    expect(Buffer.concat(frames.map(({ bytes }) => bytes))).toEqual(stream);
  }
});

it('finds the same frames byte by byte, each as soon as it is complete', () => {
  const parser = new AmqpFrameParser();
  const ends: number[] = [];
  const frames = [...stream].flatMap((byte, index) => {
    const complete = parser.push(Buffer.of(byte));
    if (complete.length > 0) ends.push(index + 1);
    return complete;
  });
  expect(summary(frames)).toEqual(expected);
  const lengths = [header, declare, heartbeat, body, basicAckFrame(3, 7n)].map(({ length }) => length);
  expect(ends).toEqual(lengths.map((_, index) => lengths.slice(0, index + 1).reduce((sum, length) => sum + length)));
});

it('builds a basic.ack as the protocol requires', () => {
  // type 1, channel 258, 13 bytes: class 60, method 80, the tag in 8 bytes, no bit set; then the end.
  expect(basicAckFrame(258, 999_999n).toString('hex')).toBe(
    '01' + '0102' + '0000000d' + '003c' + '0050' + '00000000000f423f' + '00' + 'ce',
  );
});

it('throws when the stream is not AMQP', () => {
  expect(() => new AmqpFrameParser().push(Buffer.from('GET / HTTP/1.1\r\n'))).toThrow('protocol header');
  const broken = Buffer.concat([header, declare]);
  broken[broken.length - 1] = 0;
  expect(() => new AmqpFrameParser().push(broken)).toThrow('0xCE');
});
