// A lit scene in fog with soft shadows, at the refresh rate of an older display.
export default {
  size: [320, 180], rate: 30, frames: 45,
  async start(width, height) {
    const THREE = await import('three');
    const renderer = new THREE.WebGLRenderer({ antialias: true });
    renderer.setSize(width, height);
    renderer.shadowMap.enabled = true;
    renderer.shadowMap.type = THREE.PCFSoftShadowMap;
    const scene = new THREE.Scene();
    scene.background = new THREE.Color(0x9fb8c8);
    scene.fog = new THREE.Fog(0x9fb8c8, 5, 16);
    const camera = new THREE.PerspectiveCamera(50, width / height, 0.1, 50);
    const sun = new THREE.DirectionalLight(0xffffff, 3);
    sun.position.set(4, 6, 3);
    sun.castShadow = true;
    scene.add(sun, new THREE.HemisphereLight(0xbfd8ff, 0x554433, 1));
    const floor = new THREE.Mesh(new THREE.PlaneGeometry(40, 40), new THREE.MeshStandardMaterial({ color: 0xc9b48f }));
    floor.rotation.x = -Math.PI / 2;
    floor.receiveShadow = true;
    scene.add(floor);
    for (let i = 0; i < 30; i++) {
      const color = new THREE.Color().setHSL(Math.random(), 0.5, 0.5);
      const pillar = new THREE.Mesh(new THREE.CylinderGeometry(0.3, 0.35, 1 + 2 * Math.random(), 20),
        new THREE.MeshStandardMaterial({ color, roughness: 0.7 }));
      pillar.position.set(12 * Math.random() - 6, 1, 12 * Math.random() - 8);
      pillar.castShadow = true;
      scene.add(pillar);
    }
    return {
      canvas: renderer.domElement,
      draw(time) {
        camera.position.set(6 * Math.sin(time * 0.5), 2.5, 7 * Math.cos(time * 0.5));
        camera.lookAt(0, 0.8, 0);
        renderer.render(scene, camera);
      },
    };
  },
};
