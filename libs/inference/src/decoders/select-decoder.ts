import { PermanentError, type Decoder, type ModelManifest } from '@pugmark/domain';
import { CENTERNET } from './centernet';
import type { ClassificationDecoder, DetectionDecoder } from './decoder';
import { SOFTMAX } from './softmax';
import { TF_OBJECT_DETECTION } from './tf-object-detection';
import { YOLOV5 } from './yolov5';
import { YOLOV8 } from './yolov8';

/** A name without a decoder does not compile. */
const DECODERS = {
  centernet: { detect: CENTERNET },
  'tf-object-detection': { detect: TF_OBJECT_DETECTION },
  yolov5: { detect: YOLOV5 },
  yolov8: { detect: YOLOV8 },
  softmax: { classify: SOFTMAX },
} as const satisfies Record<
  Decoder,
  { readonly detect: DetectionDecoder } | { readonly classify: ClassificationDecoder }
>;

/** Selects a detector's decoder. Throws PermanentError `model_unsuitable` for a classifier. */
export function selectDetectionDecoder({ name, decoder }: Pick<ModelManifest, 'name' | 'decoder'>): DetectionDecoder {
  const found = DECODERS[decoder];
  if ('detect' in found) return found.detect;
  throw new PermanentError('model_unsuitable', `model ${name} is a classifier: it cannot detect`);
}

/** Selects a classifier's decoder. Throws PermanentError `model_unsuitable` for a detector. */
export function selectClassificationDecoder({
  name,
  decoder,
}: Pick<ModelManifest, 'name' | 'decoder'>): ClassificationDecoder {
  const found = DECODERS[decoder];
  if ('classify' in found) return found.classify;
  throw new PermanentError('model_unsuitable', `model ${name} is a detector: it does not classify`);
}
