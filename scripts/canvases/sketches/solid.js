// Solids under two lights, turning.
export default {
  size: [240, 160], rate: 60, frames: 60,
  async start(width, height) {
    const THREE = await import('three');
    const renderer = new THREE.WebGLRenderer({ antialias: true });
    renderer.setSize(width, height);
    const scene = new THREE.Scene();
    scene.background = new THREE.Color(0x101820);
    const camera = new THREE.PerspectiveCamera(45, width / height, 0.1, 50);
    camera.position.z = 6;
    const sun = new THREE.DirectionalLight(0xffeecc, 2.5);
    sun.position.set(3, 4, 5);
    scene.add(sun, new THREE.AmbientLight(0x405070, 1.5));
    const material = (color, roughness) => new THREE.MeshStandardMaterial({ color, roughness, metalness: 0.2 });
    const knot = new THREE.Mesh(new THREE.TorusKnotGeometry(1, 0.35, 96, 16), material(0xe0562d, 0.35));
    const ball = new THREE.Mesh(new THREE.SphereGeometry(0.7, 32, 24), material(0x3d8ee0, 0.6));
    const box = new THREE.Mesh(new THREE.BoxGeometry(1, 1, 1), material(0x46b35a, 0.8));
    scene.add(knot, ball, box);
    return {
      canvas: renderer.domElement,
      draw(time) {
        knot.rotation.set(time * 0.9, time * 0.6, 0);
        ball.position.set(2.2 * Math.cos(time), 0.8 * Math.sin(time * 1.7), Math.sin(time));
        box.position.set(-2.4, 0.6 * Math.cos(time * 2), 0);
        box.rotation.set(time, time * 1.3, 0);
        renderer.render(scene, camera);
      },
    };
  },
};
