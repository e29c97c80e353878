import { eventFrame, heartbeatFrame, resetFrame } from './frames';

describe('frames of an event stream', () => {
  it('keep the data on one line, whatever it contains', () => {
    const text = 'a\nb\r\nc\u2028d: e\n\nid: 7';
    const frame = eventFrame({ id: 3, topic: 'incident', data: { text } });
    const lines = frame.split(/\r\n|\n|\r/);
    expect(lines.slice(0, 2)).toEqual(['id: 3', 'event: incident']);
    expect(lines.slice(3)).toEqual(['', '']);
    expect(JSON.parse(lines[2]!.slice('data: '.length))).toEqual({ text });
  });

  it('send an id without data as heartbeat, and no id with a reset', () => {
    expect(heartbeatFrame(9)).toBe(': heartbeat\nid: 9\n\n');
    expect(resetFrame('gone')).toBe('event: reset\ndata: {"reason":"gone"}\n\n');
  });
});
