import type { Detection, ModelManifest, Placement } from '@pugmark/domain';
import { byConfidence, toDetection } from './boxes';
import type { DetectionDecoder } from './decoder';
import { assertShape, valuesOfImage, outputName } from './output-shapes';

const OUTPUTS = ['detection_boxes', 'detection_scores', 'detection_classes'];

/**
 * Export of TensorFlow's Object Detection API (exporter_main_v2.py): boxes [batch, n, 4] as ymin, xmin, ymax, xmax in
 * fractions of the model's input; scores [batch, n]; classes [batch, n], counted from 1, so that class k is `labels[k -
 * 1]`; and, if the manifest names a fourth output, the number of valid boxes [batch]. The graph includes the
 * suppression.
 */
export const TF_OBJECT_DETECTION: DetectionDecoder = {
  outputs: OUTPUTS,
  decode: ([boxes, scores, classes, counts], placements, manifest) => {
    const batch = placements.length;
    const name = (index: number): string => outputName(manifest, [...OUTPUTS, 'num_detections'], index);
    assertShape(boxes, {
      name: name(0),
      shape: [batch, null, 4],
      description: 'boxes (batch, boxes, ymin xmin ymax xmax)',
    });
    const maxBoxes = boxes.shape[1]!;
    assertShape(scores, { name: name(1), shape: [batch, maxBoxes], description: 'scores (batch, boxes)' });
    assertShape(classes, { name: name(2), shape: [batch, maxBoxes], description: 'classes (batch, boxes)' });
    if (counts !== undefined) assertShape(counts, { name: name(3), shape: [batch], description: 'counts (batch)' });
    return placements.map((placement, index) =>
      decodeImage(
        {
          boxes: valuesOfImage(boxes, index),
          scores: valuesOfImage(scores, index),
          classes: valuesOfImage(classes, index),
          count: counts?.values[index] ?? maxBoxes,
        },
        placement,
        manifest,
      ),
    );
  },
};

interface ImageOutputs {
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly classes: Float32Array;
  readonly count: number;
}

function decodeImage(
  { boxes, scores, classes, count }: ImageOutputs,
  placement: Placement,
  manifest: ModelManifest,
): Detection[] {
  const { width, height } = manifest.input;
  const found: Detection[] = [];
  for (let n = 0; n < Math.min(count, scores.length); n += 1) {
    const [top, left, bottom, right] = boxes.subarray(n * 4, n * 4 + 4) as unknown as [number, number, number, number];
    const box = { left: left * width, top: top * height, right: right * width, bottom: bottom * height };
    const detection = toDetection({ box, score: scores[n]!, label: Math.round(classes[n]!) - 1 }, placement, manifest);
    if (detection !== null) found.push(detection);
  }
  return byConfidence(found);
}
