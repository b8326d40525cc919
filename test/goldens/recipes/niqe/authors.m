% usage: octave-cli authors.m FOLDER   (FOLDER/frames.txt: name height width; FOLDER/NAME.bin: doubles, row after row)
% Calls the authors' computefeature.m and computequality.m; writes FOLDER/NAME.features (18*2 a block) and FOLDER/scores.txt
pkg load image
args = argv(); folder = args{end};
addpath(getenv('NIQE_AUTHORS'), '-end'); addpath(getenv('MATLAB_SHIMS'));
load(fullfile(getenv('NIQE_AUTHORS'), 'modelparameters.mat'));
list = fopen(fullfile(folder, 'frames.txt')); out = fopen(fullfile(folder, 'scores.txt'), 'w');
while true
  line = fgetl(list); if ~ischar(line), break, end
  p = strsplit(line, ' '); name = p{1}; height = str2double(p{2}); width = str2double(p{3});
  f = fopen(fullfile(folder, [name '.bin'])); im = fread(f, [width height], 'double')'; fclose(f);
  % the features of every block, by the authors' computefeature
  rows_ = floor(height/96); cols_ = floor(width/96);
  x = im(1:rows_*96, 1:cols_*96); window = fspecial('gaussian', 7, 7/6); window /= sum(window(:)); feat = [];
  for s = 1:2
    mu = imfilter(x, window, 'replicate'); sigma = sqrt(abs(imfilter(x.*x, window, 'replicate') - mu.*mu));
    n = (x - mu)./(sigma + 1); b = 96/s; fs = [];
    for j = 1:cols_, for i = 1:rows_
      fs = [fs; computefeature(n((i-1)*b+(1:b), (j-1)*b+(1:b)))'];
    end, end
    feat = [feat fs]; x = imresize(x, 0.5);
  end
  f = fopen(fullfile(folder, [name '.features']), 'w'); fwrite(f, feat', 'double'); fclose(f);
  try
    q = computequality(im, 96, 96, 0, 0, mu_prisparam, cov_prisparam);
    fprintf(out, '%s %.17g %.17g\n', name, real(q), imag(q));
  catch err
    fprintf(out, '%s error %s\n', name, strrep(err.message, "\n", ' '));
  end
end
