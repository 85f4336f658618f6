// Clouds of fractal noise, made by a fragment shader.
const FRAGMENT = `
  precision highp float;
  uniform vec2 size;
  uniform float time;
  float hash(vec2 p) { return fract(sin(dot(p, vec2(127.1, 311.7))) * 43758.5453); }
  float noise(vec2 p) {
    vec2 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
  }
  float fbm(vec2 p) {
    float sum = 0.0, weight = 0.5;
    for (int i = 0; i < 6; i++) { sum += weight * noise(p); p = p * 2.03 + 17.0; weight *= 0.5; }
    return sum;
  }
  void main() {
    vec2 p = gl_FragCoord.xy / size.y * 3.0;
    vec2 warp = vec2(fbm(p + time * 0.3), fbm(p + vec2(5.2, 1.3) - time * 0.2));
    float value = fbm(p + 2.0 * warp);
    vec3 color = mix(vec3(0.08, 0.12, 0.3), vec3(0.95, 0.75, 0.5), value);
    gl_FragColor = vec4(mix(color, vec3(0.9, 0.95, 1.0), warp.x * warp.y), 1.0);
  }`;

export default {
  size: [240, 160], rate: 60, frames: 60,
  start(width, height) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const gl = canvas.getContext('webgl', { alpha: false, preserveDrawingBuffer: true });
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, 'attribute vec2 at; void main() { gl_Position = vec4(at, 0, 1); }'],
      [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(gl.getAttribLocation(program, 'at'), 2, gl.FLOAT, false, 0, 0);
    gl.uniform2f(gl.getUniformLocation(program, 'size'), width, height);
    return {
      canvas,
      draw(time) {
        gl.uniform1f(gl.getUniformLocation(program, 'time'), time);
        gl.drawArrays(gl.TRIANGLES, 0, 3);
      },
    };
  },
};
