/** Streams come in pieces that end anywhere; what is read from them comes in lines. */

/** Takes a stream's pieces one after the other, and gives the lines that each of them ends. */
export function lineCutter(): (piece: string) => readonly string[] {
  let begun = '';
  return (piece) => {
    const lines = (begun + piece).split('\n');
    begun = lines.pop() ?? '';
    return lines;
  };
}
