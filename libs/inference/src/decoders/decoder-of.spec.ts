import { DECODERS } from '@pugmark/domain';
import { classificationDecoderOf, detectionDecoderOf } from './decoder-of';

it('has a decoder for every name, for one stage each', () => {
  for (const decoder of DECODERS) {
    const of = decoder === 'softmax' ? classificationDecoderOf : detectionDecoderOf;
    expect(of({ name: 'm', decoder }).outputs.length).toBeGreaterThan(0);
  }
  expect(() => detectionDecoderOf({ name: 'm', decoder: 'softmax' })).toThrow('model m is a classifier');
  expect(() => classificationDecoderOf({ name: 'm', decoder: 'yolov5' })).toThrow('model m is a detector');
});
