export { type ExportOptions, type ExportResult, exportOnnx } from './export.js';
export { type ParityReport, parityLimit } from './parity.js';
export { type GraphSummary, summarizeGraph } from './summary.js';
