import type { ModelManifest } from '@pugmark/domain';
import { decodeCenternet } from './centernet';
import type { ClassificationDecoder, DetectionDecoder } from './decoder';

const CENTERNET: DetectionDecoder = {
  outputs: ['tower_0/detections'],
  decode: ([output], placements, manifest) => {
    const each = output!.values.length / placements.length;
    return placements.map((placement, index) => decodeCenternet(output!.values.subarray(index * each, (index + 1) * each), placement, manifest));
  },
};

export function detectionDecoderOf(_manifest: ModelManifest): DetectionDecoder {
  return CENTERNET;
}

export function classificationDecoderOf(manifest: ModelManifest): ClassificationDecoder {
  throw new Error(manifest.decoder);
}
