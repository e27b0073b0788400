/** An address with the prefix length of its network, as for `ip address add`. */
export interface InterfaceAddress {
  address: string;
  /** Bits. */
  prefixLength: number;
}

/** The address range of one network. */
export interface Slice {
  /** CIDR. */
  subnet: string;
  /** The bridge's own address. */
  gateway: string;
  /** The address that is reserved for a part that acts as a router. */
  router: InterfaceAddress;
}

/** A range has 2^4 = 16 slices. */
const sliceBits = 4;
/** The longest prefix of a slice: it must have room for a gateway, a router and the parts of a network. */
const longestPrefix = 28;

/**
 * Divides an IPv4 range into sixteen slices.
 *
 * @param range CIDR, e.g. `172.20.0.0/16`
 * @throws {Error} when this is not an IPv4 range, or the slices would be too small for a network's parts
 */
export function slicesOf(range: string): Slice[] {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range);
  if (match === null) throw new Error(`'${range}' is not an IPv4 range`);
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  const prefixLength = bits + sliceBits;
  if (prefixLength > longestPrefix)
    throw new Error(
      `the engine's address ranges are too small (${range}); configure 'default-address-pools' with a size of /24 or larger`,
    );
  const base = ((a * 256 + b) * 256 + c) * 256 + d;
  const size = 2 ** (32 - prefixLength);
  return Array.from({ length: 2 ** sliceBits }, (_, index) => {
    const first = base + index * size;
    return {
      subnet: `${dotted(first)}/${prefixLength}`,
      gateway: dotted(first + 1),
      router: { address: dotted(first + 2), prefixLength },
    };
  });
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
