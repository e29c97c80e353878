import { DECODERS } from '@pugmark/domain';
import { selectClassificationDecoder, selectDetectionDecoder } from './select-decoder';

it('has a decoder for every name, each for one stage', () => {
  for (const decoder of DECODERS) {
    const of = decoder === 'softmax' ? selectClassificationDecoder : selectDetectionDecoder;
    expect(of({ name: 'm', decoder }).outputs.length).toBeGreaterThan(0);
  }
  expect(() => selectDetectionDecoder({ name: 'm', decoder: 'softmax' })).toThrow('model m is a classifier');
  expect(() => selectClassificationDecoder({ name: 'm', decoder: 'yolov5' })).toThrow('model m is a detector');
});
