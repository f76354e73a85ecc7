/**
 * Node classes of ComfyUI that graphs may use as shipped: loaders, text encoders, samplers, latents, pictures, masks,
 * enlargement and saving, and the node of the preview engine. None of them reads files outside its folder, opens an
 * address, evaluates text as code, or writes outside the output folder.
 */

/** How a class deals with files. A class without files has an empty entry. */
export type NodeFiles = {
  /** Inputs that choose a model file. */
  readonly models?: readonly string[]
  /** Inputs that choose an uploaded file. */
  readonly media?: readonly string[]
  /** Inputs that hold names of uploaded files, separated by commas. */
  readonly mediaLists?: readonly string[]
  /** It writes a result, under the prefix in `filename_prefix`. */
  readonly saves?: true
}

const MODEL_LOADERS: Readonly<Record<string, readonly string[]>> = {
  CheckpointLoaderSimple: ['ckpt_name'],
  CLIPLoader: ['clip_name'],
  CLIPVisionLoader: ['clip_name'],
  ControlNetLoader: ['control_net_name'],
  DualCLIPLoader: ['clip_name1', 'clip_name2'],
  FrameInterpolationModelLoader: ['model_name'],
  ImageOnlyCheckpointLoader: ['ckpt_name'],
  LatentUpscaleModelLoader: ['model_name'],
  LoraLoader: ['lora_name'],
  LoraLoaderModelOnly: ['lora_name'],
  LTXAVTextEncoderLoader: ['text_encoder', 'ckpt_name'],
  LTXVAudioVAELoader: ['ckpt_name'],
  ModelPatchLoader: ['name'],
  QuadrupleCLIPLoader: ['clip_name1', 'clip_name2', 'clip_name3', 'clip_name4'],
  StyleModelLoader: ['style_model_name'],
  TripleCLIPLoader: ['clip_name1', 'clip_name2', 'clip_name3'],
  UNETLoader: ['unet_name'],
  UpscaleModelLoader: ['model_name'],
  VAELoader: ['vae_name'],
}

const MEDIA_LOADERS: Readonly<Record<string, readonly string[]>> = {
  LoadAudio: ['audio'],
  LoadImage: ['image'],
  LoadImageMask: ['image'],
  LoadVideo: ['file'],
}

const SAVERS = ['SaveImage', 'SaveVideo', 'SaveAnimatedPNG', 'SaveAnimatedWEBP', 'SaveWEBM', 'SaveAudio']

const WITHOUT_FILES = `
  BasicGuider BasicScheduler CFGGuider CFGNorm CFGZeroStar CLIPSetLastLayer CLIPTextEncode CLIPTextEncodeFlux
  CLIPTextEncodeSD3 CLIPTextEncodeSDXL CLIPVisionEncode ConditioningAverage ConditioningCombine ConditioningConcat
  ConditioningSetTimestepRange ConditioningZeroOut ControlNetApplyAdvanced DualCFGGuider EasyCache FluxDisableGuidance
  FluxGuidance FluxKontextImageScale FluxKontextMultiReferenceLatentMethod Flux2Scheduler KSampler KSamplerAdvanced
  KSamplerSelect ManualSigmas ModelSamplingAuraFlow ModelSamplingDiscrete ModelSamplingFlux ModelSamplingLTXV
  ModelSamplingSD3 RandomNoise ReferenceLatent RenormCFG RescaleCFG SamplerCustom SamplerCustomAdvanced
  SamplerEulerAncestral SkipLayerGuidanceDiT SplitSigmas StyleModelApply TextEncodeQwenImageEdit
  TextEncodeQwenImageEditPlus WanContextWindowsManual

  EmptyFlux2LatentImage EmptyHunyuanLatentVideo EmptyHunyuanVideo15Latent EmptyLatentImage EmptyLTXVLatentVideo
  EmptyMiniMaxH3LatentAV EmptySD3LatentImage LatentUpscale LatentUpscaleBy RepeatLatentBatch SetLatentNoiseMask
  TrimVideoLatent VAEDecode VAEDecodeAudio VAEDecodeTiled VAEEncode VAEEncodeForInpaint VAEEncodeTiled

  BatchImagesNode EmptyImage GetImageSize GrowMask ImageBatch ImageBlend ImageColorToMask ImageCompositeMasked
  ImageCrop ImageFlip ImageFromBatch ImageInvert ImagePadForOutpaint ImageRotate ImageScale ImageScaleBy
  ImageScaleToMaxDimension ImageScaleToTotalPixels ImageSharpen ImageStitch ImageToMask InvertMask
  JoinImageWithAlpha MaskComposite MaskToImage RepeatImageBatch SolidMask SplitImageWithAlpha ThresholdMask

  CreateVideo EmptyAudio GetVideoComponents PreviewImage TrimAudioDuration

  HunyuanImageToVideo HunyuanVideo15ImageToVideo HunyuanVideo15LatentUpscaleWithModel HunyuanVideo15SuperResolution
  LTXVAddGuide LTXVAudioVAEDecode LTXVAudioVAEEncode LTXVConcatAVLatent LTXVConditioning LTXVContextWindows
  LTXVCropGuides LTXVDualCFGGuider LTXVEmptyLatentAudio LTXVImgToVideo LTXVImgToVideoInplace LTXVLatentUpsampler
  LTXVPreprocess LTXVReferenceAudio LTXVScheduler LTXVSeparateAVLatent
  MiniMaxH3AddGuide MiniMaxH3ImageToVideo MiniMaxH3ReferenceToVideo MiniMaxH3SigmaShift
  SVD_img2vid_Conditioning VideoLinearCFGGuidance VideoTriangleCFGGuidance
  Wan22FunControlToVideo Wan22ImageToVideoLatent WanAnimateToVideo WanFirstLastFrameToVideo WanFunControlToVideo
  WanFunInpaintToVideo WanImageToVideo WanPhantomSubjectToVideo WanSoundImageToVideo WanVaceToVideo

  FrameInterpolate ImageUpscaleWithModel SeedVR2Conditioning SeedVR2PostProcessing SeedVR2Preprocess
  SeedVR2TemporalChunk SeedVR2TemporalMerge
`
  .trim()
  .split(/\s+/)

export const ALLOWED_NODES: ReadonlyMap<string, NodeFiles> = new Map<string, NodeFiles>([
  ...WITHOUT_FILES.map((name) => [name, {}] as const),
  ...Object.entries(MODEL_LOADERS).map(([name, models]) => [name, { models }] as const),
  ...Object.entries(MEDIA_LOADERS).map(([name, media]) => [name, { media }] as const),
  ...SAVERS.map((name) => [name, { saves: true }] as const),
  ['FramecastAnimatic', { mediaLists: ['images'] }],
])

/** Classes that take text for code or for a pattern: never to be filled from outside. */
export const CODE_NODES: ReadonlySet<string> = new Set([
  'AnyNode',
  'ComfyMathExpression',
  'Evaluate Floats',
  'Evaluate Integers',
  'Evaluate Strings',
  'RegexExtract',
  'RegexMatch',
  'RegexReplace',
])
