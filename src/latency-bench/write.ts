import { join } from 'node:path';
import { writeAtomic, writeJsonAtomic } from '../base/files.js';
import { encodePng } from '../image/codec.js';
import type { HistogramSeries } from '../image/histogram-plot.js';
import { plotHistograms } from '../image/histogram-plot.js';
import type { LatencyReportFile } from './report.js';
import { reportText } from './text.js';

/** Where a report was written. */
export interface ReportPaths {
  readonly text: string;
  readonly json: string;
  readonly histogram: string;
}

/**
 * Writes `latency.txt`, `latency.json` and `latency.png` (histograms of the given spans, ms) into a folder.
 * @throws CyclopsError `DISK_FULL` or `WRITE_FAILED`.
 */
export async function writeLatencyReport(
  folder: string,
  report: LatencyReportFile,
  series: readonly HistogramSeries[],
): Promise<ReportPaths> {
  const paths = {
    text: join(folder, 'latency.txt'),
    json: join(folder, 'latency.json'),
    histogram: join(folder, 'latency.png'),
  };
  await writeAtomic(paths.text, reportText(report));
  await writeJsonAtomic(paths.json, report);
  const { model, machine } = report;
  const title = `${model.name} ${model.width}x${model.height}, ${machine.cores} cores`;
  await writeAtomic(paths.histogram, await encodePng(plotHistograms({ title, unit: 'ms', series })));
  return paths;
}
