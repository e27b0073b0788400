import type { Images } from "../../containers/images/images.ts";
import type { PartImage } from "../../containers/images/part-image.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Candidate } from "../candidate/types.ts";

/** Its images, or why it can't be installed. */
export type Installed = { image: PartImage; again: PartImage | undefined } | { failed: EnvironmentError };

/** Installs a candidate twice, where it is a package. */
export async function install(images: Images, { name, server }: Candidate): Promise<Installed> {
  const once = async (service: string): Promise<PartImage> => {
    const { image } = await images.service(service, [
      server.from === "image"
        ? { from: "image", image: server.image }
        : {
            from: "packages",
            packages: server.packages,
            debian: server.debian,
            entrypoint: undefined,
            command: undefined,
          },
    ]);
    return image;
  };
  try {
    const image = await once(`candidate-${name}`);
    return { image, again: server.from === "image" ? undefined : await once(`candidate-${name}-again`) };
  } catch (error) {
    if (error instanceof EnvironmentError) return { failed: error };
    throw error;
  }
}
